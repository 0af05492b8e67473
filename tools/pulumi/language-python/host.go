package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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

// told prints which Python runs, as `pulumi about` shows it.
const told = `import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])`

// About is asked at each start of the engine, so it starts Python once and alone: the SDK's own starts pip as well, a tenth
// of a preview, for a version that is no part of the answer.
func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	tc, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	command, err := tc.Command(ctx, "-I", "-S", "-c", told)
	if err != nil {
		return nil, err
	}
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s does not start: %w; run `make toolchain`", command.Path, err)
	}
	executable, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return &pulumirpc.AboutResponse{Executable: executable, Version: version}, nil
}
