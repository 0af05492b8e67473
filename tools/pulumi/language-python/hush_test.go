package main

import (
	"bytes"
	"testing"
)

func TestOnlyTheNoiseOfAnInterruptIsCut(t *testing.T) {
	for name, one := range map[string]struct{ text, left string }{
		"nothing":       {"", ""},
		"plain words":   {"two\nlines\n", "two\nlines\n"},
		"own traceback": {"Traceback (most recent call last):\n  x\nValueError: y\n", "Traceback (most recent call last):\n  x\nValueError: y\n"},
		"interrupt":     {"bye\nTraceback (most recent call last):\n  x\nKeyboardInterrupt\n", "bye\n"},
		"chained": {
			"Traceback (most recent call last):\n  x\nCancelledError\n\nDuring handling of the above exception, another " +
				"exception occurred:\n\nTraceback (most recent call last):\n  x\nKeyboardInterrupt: \n", "",
		},
		"in a thread": {"bye\nException ignored in: <module 'threading'>\nTraceback (most recent call last):\n  x\nKeyboardInterrupt: \n", "bye\n"},
		"cut short":   {"Traceback (most recent call last):\n  File \"x\", line 1\nKeyboardInterrupt", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if left := string(withoutInterrupt([]byte(one.text))); left != one.left {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestBeforeAnInterruptEverythingPassesAtOnce(t *testing.T) {
	var out bytes.Buffer
	stopped := false
	h := &hush{out: &out, interrupted: func() bool { return stopped }}
	if _, err := h.Write([]byte("Traceback (most recent call last):\nKeyboardInterrupt\n")); err != nil {
		t.Fatal(err)
	}
	contains(t, out.String(), "KeyboardInterrupt")
	stopped = true
	if _, err := h.Write([]byte("held")); err != nil {
		t.Fatal(err)
	}
	lacks(t, out.String(), "held")
	if err := h.flush(); err != nil {
		t.Fatal(err)
	}
	contains(t, out.String(), "held")
}
