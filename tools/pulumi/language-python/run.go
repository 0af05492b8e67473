package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// userError is how the Python SDK ends when it has already reported what is wrong.
const userError = 32

// patience is what a child gets between the interrupt and the kill: each violating preview waits for it.
const patience = 500 * time.Millisecond

// Run runs a Pulumi program to its end.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	tc, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	if err := tc.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	cmd, err := tc.Command(ctx, append([]string{h.executor}, arguments(h.engine, req)...)...)
	if err != nil {
		return nil, err
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = patience
	stderr := &hush{out: os.Stderr, cancelled: func() bool { return ctx.Err() != nil }}
	cmd.Stdout, cmd.Stderr = os.Stdout, stderr
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	config, err := configuration(req)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Env, config...)
	err = cmd.Run()
	stderr.flush()
	return outcome(err)
}

// arguments are those of pulumi-language-python-exec; empty ones are left out.
func arguments(engine string, req *pulumirpc.RunRequest) []string {
	var args []string
	add := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name, value)
		}
	}
	add("monitor", req.GetMonitorAddress())
	add("engine", engine)
	add("project", req.GetProject())
	add("root_directory", req.GetInfo().GetRootDirectory())
	add("stack", req.GetStack())
	add("pwd", req.GetPwd())
	add("dry_run", strconv.FormatBool(req.GetDryRun()))
	add("parallel", strconv.Itoa(int(req.GetParallel())))
	add("organization", req.GetOrganization())
	return append(append(args, req.GetInfo().GetEntryPoint()), req.GetArgs()...)
}

// configuration is the stack's, as JSON. The SDK cannot read `null`: nothing is `{}` or `[]`.
func configuration(req *pulumirpc.RunRequest) ([]string, error) {
	values, keys := req.GetConfig(), req.GetConfigSecretKeys()
	if values == nil {
		values = map[string]string{}
	}
	if keys == nil {
		keys = []string{}
	}
	valuesJSON, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	keysJSON, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(valuesJSON), "PULUMI_CONFIG_SECRET_KEYS=" + string(keysJSON)}, nil
}

// outcome tells a program that has reported its own error from one that just failed.
func outcome(err error) (*pulumirpc.RunResponse, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == userError:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	default:
		return nil, err
	}
}

// hush holds a Python traceback back until it is whole, and drops it where it is only our own interrupt.
type hush struct {
	out       io.Writer
	cancelled func() bool
	held      bytes.Buffer
}

var traceback = []byte("Traceback (most recent call last):")

func (h *hush) Write(text []byte) (int, error) {
	if h.held.Len() == 0 {
		at := bytes.Index(text, traceback)
		if at < 0 {
			return h.out.Write(text)
		}
		if _, err := h.out.Write(text[:at]); err != nil {
			return 0, err
		}
		h.held.Write(text[at:])
		return len(text), nil
	}
	h.held.Write(text)
	return len(text), nil
}

// flush shows what was held, unless the run was cancelled and it is the interrupt that this host sent.
func (h *hush) flush() {
	if h.held.Len() == 0 {
		return
	}
	if !h.cancelled() || !bytes.Contains(h.held.Bytes(), []byte("KeyboardInterrupt")) {
		_, _ = h.out.Write(h.held.Bytes())
	}
	h.held.Reset()
}
