package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// userError is how the Python SDK ends when it has already reported what is wrong.
const userError = 32

var errDebugger = errors.New("this language host attaches no debugger: install Pulumi's own to have one")

// Run runs a Pulumi program to its end.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if req.GetAttachDebugger() {
		return nil, errDebugger
	}
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
	cmd.WaitDelay = h.patience
	stderr := &hush{out: h.stderr, interrupted: func() bool { return ctx.Err() != nil }}
	cmd.Stdout, cmd.Stderr = h.stdout, stderr
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	config, err := configuration(req)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Env, config...)
	ran := cmd.Run()
	if err := stderr.flush(); err != nil {
		return nil, err
	}
	return outcome(ran)
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
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it ended well; what it left running is not waited for
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == userError:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	default:
		return nil, err
	}
}
