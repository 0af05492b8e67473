package main

import (
	"bytes"
	"io"
	"sync"
)

// hush is a program's standard error. Up to our interrupt everything passes; from then on what arrives is held, and
// shown at the end without the noise that Python makes when it is interrupted.
//
// The interrupt is this host's own: whoever asked for it (Ctrl-C, a violation that stops a preview) has been told why.
type hush struct {
	out         io.Writer
	interrupted func() bool
	lock        sync.Mutex
	held        bytes.Buffer
}

// beginnings are how Python starts to talk about an exception that nobody caught.
var beginnings = [][]byte{
	[]byte("Traceback (most recent call last):"),
	[]byte("Exception ignored in"),
	[]byte("Task exception was never retrieved"),
}

func (h *hush) Write(text []byte) (int, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.interrupted() {
		return h.held.Write(text)
	}
	return h.out.Write(text)
}

// flush shows what was held.
func (h *hush) flush() error {
	h.lock.Lock()
	defer h.lock.Unlock()
	_, err := h.out.Write(withoutInterrupt(h.held.Bytes()))
	h.held.Reset()
	return err
}

// withoutInterrupt cuts from the first traceback on, where a KeyboardInterrupt is among what follows: once it is
// interrupted, Python chains exceptions, and its threads and tasks add theirs. Any other failure is kept whole.
func withoutInterrupt(text []byte) []byte {
	if !bytes.Contains(text, []byte("KeyboardInterrupt")) {
		return text
	}
	cut := len(text)
	for _, beginning := range beginnings {
		if at := bytes.Index(text, beginning); at >= 0 {
			cut = min(cut, at)
		}
	}
	return text[:cut]
}
