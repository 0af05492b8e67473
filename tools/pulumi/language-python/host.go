package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/protobuf/types/known/emptypb"
)

// version is the engine's, because the two are built and released together.
const version = "3.259.0"

// host answers the engine's language questions. What it does not implement answers "unimplemented", which the engine
// reports as such.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	executor       string // pulumi-language-python-exec, beside this binary
	engine         string // address of the engine
	stdout, stderr io.Writer
	patience       time.Duration // between the interrupt of a child and its end by force
}

// patience is short, because each violating preview waits for it: the engine interrupts the program it has refused.
const patience = 200 * time.Millisecond

func newHost(folder, engine string) *host {
	executor := filepath.Join(folder, "pulumi-language-python-exec")
	return &host{executor: executor, engine: engine, stdout: os.Stdout, stderr: os.Stderr, patience: patience}
}

// options reads `runtime.options` of a Pulumi.yaml, PulumiPolicy.yaml or PulumiPlugin.yaml.
func options(info *pulumirpc.ProgramInfo) (toolchain.PythonOptions, error) {
	read := toolchain.PythonOptions{Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory()}
	given := info.GetOptions().AsMap()
	if folder, ok := given["virtualenv"].(string); ok {
		read.Virtualenv = folder
	}
	switch name := given["toolchain"]; name {
	case nil, "pip":
		read.Toolchain = toolchain.Pip
	case "uv":
		read.Toolchain = toolchain.Uv
	case "poetry":
		read.Toolchain = toolchain.Poetry
	default:
		return read, fmt.Errorf("runtime.options.toolchain is %q; pip, uv or poetry was expected", name)
	}
	return read, nil
}

func resolve(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	read, err := options(info)
	if err != nil {
		return nil, err
	}
	return toolchain.ResolveToolchain(read)
}

func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = req.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	tc, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	info, err := tc.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: info.PythonExecutable, Version: info.PythonVersion.String()}, nil
}
