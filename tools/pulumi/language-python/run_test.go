package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// echo is a program that says how it was called.
const echo = `
import json, os, sys
json.dump({"args": sys.argv[1:], "config": os.environ["PULUMI_CONFIG"], "venv": os.environ["VIRTUAL_ENV"],
           "secrets": os.environ["PULUMI_CONFIG_SECRET_KEYS"]}, open("called.json", "w"))
print("said on stdout")
print("said on stderr", file=sys.stderr)
`

type call struct {
	Args                  []string
	Config, Secrets, Venv string
}

func called(t *testing.T, w *world) call {
	t.Helper()
	var found call
	if err := json.Unmarshal([]byte(w.read(t, "called.json")), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAProgramGetsItsStackItsConfigurationAndItsVirtualEnvironment(t *testing.T) {
	w := newWorld(t, echo)
	t.Chdir(w.root)
	answer, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{
		Info: w.info(t, nil), Project: "p", Stack: "s", Pwd: w.root, MonitorAddress: "127.0.0.1:2", DryRun: true,
		Parallel: 8, Organization: "o", Args: []string{"more"},
		Config: map[string]string{"p:a": "1"}, ConfigSecretKeys: []string{"p:a"},
	})
	if err != nil || answer.GetError() != "" || answer.GetBail() {
		t.Fatal(answer, err)
	}
	found := called(t, w)
	wanted := []string{
		"--monitor", "127.0.0.1:2", "--engine", "127.0.0.1:1", "--project", "p", "--root_directory", w.root,
		"--stack", "s", "--pwd", w.root, "--dry_run", "true", "--parallel", "8", "--organization", "o", ".", "more",
	}
	if !slices.Equal(found.Args, wanted) {
		t.Errorf("called with %q", found.Args)
	}
	contains(t, found.Venv, w.root)
	contains(t, found.Config, `{"p:a":"1"}`)
	contains(t, found.Secrets, `["p:a"]`)
	contains(t, w.stdout.String(), "said on stdout")
	contains(t, w.stderr.String(), "said on stderr")
}

func TestNoConfigurationIsAnEmptyObjectAndNotNull(t *testing.T) {
	w := newWorld(t, echo)
	t.Chdir(w.root)
	if _, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil)}); err != nil {
		t.Fatal(err)
	}
	if found := called(t, w); found.Config != "{}" || found.Secrets != "[]" {
		t.Errorf("config %q, secret keys %q", found.Config, found.Secrets)
	}
}

func TestTheEngineOfTheHandshakeIsTheOneThatAProgramSpeaksTo(t *testing.T) {
	w := newWorld(t, echo)
	t.Chdir(w.root)
	address := "127.0.0.1:99"
	if _, err := w.client.Handshake(t.Context(), &pulumirpc.LanguageHandshakeRequest{EngineAddress: address}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil)}); err != nil {
		t.Fatal(err)
	}
	contains(t, strings.Join(called(t, w).Args, " "), "--engine 127.0.0.1:99")
}

func TestAProgramThatHasReportedItsErrorBails(t *testing.T) {
	w := newWorld(t, "raise SystemExit(32)")
	answer, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil)})
	if err != nil || !answer.GetBail() || answer.GetError() != "" {
		t.Fatal(answer, err)
	}
}

func TestAProgramThatFailsSaysItsExitCodeAndKeepsItsTraceback(t *testing.T) {
	w := newWorld(t, "import sys\ndef broken():\n    sys.exit(3)\nprint(1/0) if len(sys.argv) < 2 else broken()")
	answer, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil)})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, answer.GetError(), "exit code: 3")

	w = newWorld(t, "print(1/0)")
	answer, err = w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil)})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, answer.GetError(), "exit code: 1")
	contains(t, w.stderr.String(), "Traceback", "ZeroDivisionError")
}

func TestAVirtualEnvironmentThatIsMissingIsNamed(t *testing.T) {
	w := newWorld(t, echo)
	_, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, map[string]any{"virtualenv": "gone"})})
	fails(t, err, "gone")
}

func TestAToolchainThatDoesNotExistIsRefused(t *testing.T) {
	w := newWorld(t, echo)
	_, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, map[string]any{"toolchain": "conda"})})
	fails(t, err, "conda", "pip, uv or poetry")
}

func TestADebuggerIsRefusedAndNotForgotten(t *testing.T) {
	w := newWorld(t, echo)
	_, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil), AttachDebugger: true})
	fails(t, err, "debugger")
}

// interrupted runs a program, cancels once it has said "ready", and gives how long it took to be done with it.
func interrupted(t *testing.T, w *world) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := w.host.Run(ctx, &pulumirpc.RunRequest{Info: w.info(t, nil)})
		done <- err
	}()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(w.stdout.String(), "ready"); {
		if time.Now().After(deadline) {
			t.Fatal("the program never got ready:", w.stderr.String())
		}
		time.Sleep(5 * time.Millisecond)
	}
	started := time.Now()
	cancel()
	select {
	case <-done:
	case <-time.After(40 * time.Second):
		t.Fatal("the host still waits for the program")
	}
	return time.Since(started)
}

func TestTheTracebackOfOurOwnInterruptStaysOut(t *testing.T) {
	w := newWorld(t, `
import asyncio, sys
print("said before", file=sys.stderr, flush=True)
async def work():
    print("ready", flush=True)
    await asyncio.sleep(60)
asyncio.run(work())
`)
	w.host.patience = time.Minute // the machine may be busy: this is about what is said, not when
	interrupted(t, w)
	contains(t, w.stderr.String(), "said before")
	lacks(t, w.stderr.String(), "Traceback", "KeyboardInterrupt", "CancelledError")
}

func TestAnInterruptedProgramMaySayGoodbyeAndFailByItself(t *testing.T) {
	w := newWorld(t, `
import sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("goodbye", file=sys.stderr, flush=True)
    raise ValueError("of its own") from None
`)
	w.host.patience = time.Minute
	interrupted(t, w)
	contains(t, w.stderr.String(), "goodbye", "Traceback", "of its own")
}

func TestAProgramThatIgnoresTheInterruptIsKilledSoon(t *testing.T) {
	w := newWorld(t, `
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
`)
	took := interrupted(t, w)
	if took < patience || took > patience+5*time.Second {
		t.Errorf("it took %s; %s was expected", took, patience)
	}
}

// leaves ends well and leaves a process behind that keeps its outputs open.
const leaves = `
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(15)"], start_new_session=True)
print("done", flush=True)
`

func TestAProgramThatLeavesAProcessBehindHasEndedWell(t *testing.T) {
	w := newWorld(t, leaves)
	started := time.Now()
	answer, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil)})
	if err != nil || answer.GetError() != "" || time.Since(started) > 10*time.Second {
		t.Fatal(answer, err, time.Since(started))
	}
	contains(t, w.stdout.String(), "done")
}

func TestAGrandchildThatHoldsTheOutputDoesNotHoldTheEngine(t *testing.T) {
	w := newWorld(t, `
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(15)"], start_new_session=True)
print("ready", flush=True)
time.sleep(60)
`)
	if took := interrupted(t, w); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAPythonThatCannotStartIsTheHostsOwnError(t *testing.T) {
	w := newWorld(t, echo)
	w.write(t, ".venv/bin/python", "#!/nowhere/python\n")
	_, err := w.client.Run(t.Context(), &pulumirpc.RunRequest{Info: w.info(t, nil)})
	fails(t, err, ".venv/bin/python")
}
