package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
)

// output is what a program says, safe to read while it speaks.
type output struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(text []byte) (int, error) {
	o.lock.Lock()
	defer o.lock.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.lock.Lock()
	defer o.lock.Unlock()
	return o.text.String()
}

// world is a project with a virtual environment of its own, and a host that serves it over gRPC.
type world struct {
	root           string
	host           *host
	client         pulumirpc.LanguageRuntimeClient
	stdout, stderr *output
}

// newWorld gives a project whose executor is `program` (Python), in place of pulumi-language-python-exec.
func newWorld(t *testing.T, program string) *world {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is needed:", err)
	}
	w := &world{root: t.TempDir(), stdout: &output{}, stderr: &output{}}
	w.host = newHost(w.root, "127.0.0.1:1")
	w.host.stdout, w.host.stderr = w.stdout, w.stderr
	w.write(t, "pulumi-language-python-exec", program)
	w.write(t, ".venv/pyvenv.cfg", "home = "+filepath.Dir(python)+"\n")
	// Not a link: through a version manager's shim Python would not know that it is in a virtual environment.
	w.write(t, ".venv/bin/python", "#!/bin/sh\nexec "+python+" \"$@\"\n")
	if err := os.Chmod(filepath.Join(w.root, ".venv/bin/python"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.client = serveForTest(t, func(server *grpc.Server) error {
		pulumirpc.RegisterLanguageRuntimeServer(server, w.host)
		return nil
	}, pulumirpc.NewLanguageRuntimeClient)
	return w
}

func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// info is what the engine says about a program that uses the world's virtual environment.
func (w *world) info(t *testing.T, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	all := map[string]any{"toolchain": "pip", "virtualenv": ".venv"}
	for name, value := range options {
		all[name] = value
	}
	read, err := structpb.NewStruct(all)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{
		RootDirectory: w.root, ProgramDirectory: w.root, EntryPoint: ".", Options: read,
	}
}

// serveForTest serves until the test ends and gives a client.
func serveForTest[Client any](
	t *testing.T, register func(*grpc.Server) error, client func(grpc.ClientConnInterface) Client,
) Client {
	t.Helper()
	return dial(t, "127.0.0.1:"+port(t, register), client)
}

func port(t *testing.T, register func(*grpc.Server) error) string {
	t.Helper()
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: cancel, Init: register})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(cancel)
		<-handle.Done
	})
	return strconv.Itoa(handle.Port)
}

func dial[Client any](t *testing.T, address string, client func(grpc.ClientConnInterface) Client) Client {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return client(connection)
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, part := range wanted {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

func lacks(t *testing.T, text string, unwanted ...string) {
	t.Helper()
	for _, part := range unwanted {
		if strings.Contains(text, part) {
			t.Errorf("%q must not be in:\n%s", part, text)
		}
	}
}

func fails(t *testing.T, err error, wanted ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, where one with %q was expected", wanted)
	}
	contains(t, err.Error(), wanted...)
}
