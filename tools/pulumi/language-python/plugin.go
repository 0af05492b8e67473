package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strconv"

	sdk "github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// RunPlugin runs a provider plugin, or a policy pack (kind "analyzer"), from its source folder.
func (h *host) RunPlugin(req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer) error {
	if req.GetAttachDebugger() {
		return errDebugger
	}
	ctx := server.Context()
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	if req.GetKind() == "analyzer" {
		err = h.runAnalyzer(ctx, req, stdout, stderr)
	} else {
		err = h.runProvider(ctx, req, stdout, stderr)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code := &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())} //nolint:gosec
		return server.Send(&pulumirpc.RunPluginResponse{Output: code})
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) { // what it left running is not waited for
		return err
	}
	return closer.Close()
}

func (h *host) runProvider(ctx context.Context, req *pulumirpc.RunPluginRequest, stdout, stderr io.Writer) error {
	cmd, err := h.command(ctx, req, append([]string{req.GetInfo().GetProgramDirectory()}, req.GetArgs()...))
	if err != nil {
		return err
	}
	cmd.Dir = req.GetPwd()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd.Run()
}

// runAnalyzer runs a policy pack. One that answers the engine's whole protocol over pipes says so with
// `runtime.options.carried` in its PulumiPolicy.yaml; the SDK's need what runProxied puts around them.
func (h *host) runAnalyzer(ctx context.Context, req *pulumirpc.RunPluginRequest, stdout, stderr io.Writer) error {
	carried, _ := req.GetInfo().GetOptions().AsMap()["carried"].(bool)
	if !carried {
		return h.runProxied(ctx, req, stdout, stderr)
	}
	cmd, err := h.command(ctx, req, append([]string{req.GetInfo().GetProgramDirectory(), "--carried"}, req.GetArgs()...))
	if err != nil {
		return err
	}
	cmd.Dir = req.GetInfo().GetProgramDirectory()
	cmd.Stderr = stderr
	return h.runCarried(ctx, cmd, stdout)
}

// runProxied starts a pack only once the engine has configured it: the pack reads its stack from the environment.
func (h *host) runProxied(ctx context.Context, req *pulumirpc.RunPluginRequest, stdout, stderr io.Writer) error {
	args := append([]string{"-u", "-m", "pulumi.policy"}, req.GetArgs()...)
	cmd, err := h.command(ctx, req, append(args, req.GetInfo().GetProgramDirectory()))
	if err != nil {
		return err
	}
	cmd.Dir = req.GetInfo().GetProgramDirectory()
	proxy, proxied, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return err
	}
	config, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return err
	}
	if config != nil {
		values := config.Config
		if values == nil {
			values = map[string]string{}
		}
		text, err := json.Marshal(values)
		if err != nil {
			return err
		}
		cmd.Env = append(cmd.Env,
			"PULUMI_ORGANIZATION="+config.Organization, "PULUMI_PROJECT="+config.Project, "PULUMI_STACK="+config.Stack,
			"PULUMI_DRY_RUN="+strconv.FormatBool(config.DryRun), "PULUMI_CONFIG="+string(text))
	}
	cmd.Stdout, cmd.Stderr = proxied, stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	return proxy.Attach(ctx, cmd)
}

func (h *host) command(ctx context.Context, req *pulumirpc.RunPluginRequest, args []string) (*exec.Cmd, error) {
	tc, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	cmd, err := tc.Command(ctx, args...)
	if err != nil {
		return nil, err
	}
	cmd.WaitDelay = h.patience // a grandchild that keeps the pipes open must not keep the engine
	cmd.Env = append(cmd.Environ(), req.GetEnv()...)
	return cmd, nil
}
