package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// program makes a project whose "python" is the shell script `body`, and says how to run it.
func program(t *testing.T, body string) *pulumirpc.ProgramInfo {
	t.Helper()
	root := t.TempDir()
	bin := filepath.Join(root, "venv", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"python", "python3"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "venv", "pyvenv.cfg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := structpb.NewStruct(map[string]any{"toolchain": "pip", "virtualenv": "venv"})
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: root, ProgramDirectory: root, EntryPoint: ".", Options: opts}
}

func run(t *testing.T, ctx context.Context, body string) (*pulumirpc.RunResponse, error) {
	t.Helper()
	info := program(t, body)
	return newHost("/nowhere", "127.0.0.1:1").Run(ctx, &pulumirpc.RunRequest{
		Info: info, Project: "p", Stack: "s", MonitorAddress: "127.0.0.1:2", Pwd: info.RootDirectory, DryRun: true,
	})
}

func TestAProgramThatSucceedsIsASuccess(t *testing.T) {
	answer, err := run(t, context.Background(), "exit 0\n")
	if err != nil || answer.GetBail() || answer.GetError() != "" {
		t.Fatalf("%v %v", answer, err)
	}
}

func TestAProgramThatReportedItsErrorBails(t *testing.T) {
	answer, err := run(t, context.Background(), "exit 32\n")
	if err != nil || !answer.GetBail() {
		t.Fatalf("%v %v", answer, err)
	}
}

func TestAProgramThatFailsIsAnErrorWithItsCode(t *testing.T) {
	answer, err := run(t, context.Background(), "exit 3\n")
	if err != nil || !strings.Contains(answer.GetError(), "3") {
		t.Fatalf("%v %v", answer, err)
	}
}

func TestTheExecutorReceivesWhereTheEngineAndTheMonitorAre(t *testing.T) {
	body := `case "$*" in
"/nowhere/pulumi-language-python-exec --monitor 127.0.0.1:2 --engine 127.0.0.1:1 --project p "*"--dry_run true"*) ;;
*) exit 9;;
esac
[ "$PULUMI_CONFIG" = "{}" ] && [ "$PULUMI_CONFIG_SECRET_KEYS" = "[]" ]
`
	answer, err := run(t, context.Background(), body)
	if err != nil || answer.GetError() != "" {
		t.Fatalf("%v %v", answer, err)
	}
}

func TestAnInterruptedChildIsKilledSoon(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(300*time.Millisecond, cancel)
	started := time.Now()
	_, _ = run(t, ctx, "trap '' INT\nexec sleep 30\n")
	if elapsed := time.Since(started); elapsed > 5*time.Second {
		t.Fatalf("took %v", elapsed)
	}
}

func TestOurOwnInterruptShowsNoTraceback(t *testing.T) {
	var out bytes.Buffer
	h := &hush{out: &out, cancelled: func() bool { return true }}
	_, _ = h.Write([]byte("before\nTraceback (most recent call last):\n  File x\n"))
	_, _ = h.Write([]byte("KeyboardInterrupt\n"))
	h.flush()
	if out.String() != "before\n" {
		t.Fatalf("%q", out.String())
	}
}

func TestTheProgramsOwnTracebackIsShownWhole(t *testing.T) {
	var out bytes.Buffer
	h := &hush{out: &out, cancelled: func() bool { return false }}
	text := "Traceback (most recent call last):\n  File x\nKeyboardInterrupt\n"
	_, _ = h.Write([]byte(text))
	h.flush()
	if out.String() != text {
		t.Fatalf("%q", out.String())
	}
}

func TestAnUnknownToolchainIsNamed(t *testing.T) {
	opts, _ := structpb.NewStruct(map[string]any{"toolchain": "conda"})
	_, err := options(&pulumirpc.ProgramInfo{Options: opts})
	if err == nil || !strings.Contains(err.Error(), `"conda"`) {
		t.Fatal(err)
	}
}

func TestRequiredPackagesAreThoseThatNameAResourcePlugin(t *testing.T) {
	site := t.TempDir()
	for name, text := range map[string]string{
		"pulumi_a": `{"resource": true, "name": "a", "version": "1.0.0"}`,
		"pulumi_b": `{"resource": false, "name": "b"}`,
	} {
		if err := os.Mkdir(filepath.Join(site, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(site, name, "pulumi-plugin.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := requiredPackages(filepath.Join(site, "*", "pulumi-plugin.json"))
	if err != nil || len(found.GetPackages()) != 1 || found.GetPackages()[0].GetName() != "a" {
		t.Fatalf("%v %v", found, err)
	}
}

func TestABrokenPluginFileIsNamed(t *testing.T) {
	site := t.TempDir()
	path := filepath.Join(site, "pulumi-plugin.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := requiredPackages(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Fatal(err)
	}
}

func TestGeneratedFilesStayInTheirFolder(t *testing.T) {
	if err := write(t.TempDir(), map[string][]byte{"../out": nil}); err == nil {
		t.Fatal("a file outside the folder was written")
	}
	folder := t.TempDir()
	if err := write(folder, map[string][]byte{"a/b.py": []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "a", "b.py")); err != nil || string(text) != "x" {
		t.Fatal(text, err)
	}
}

func TestInstallingSaysWhatToRun(t *testing.T) {
	err := newHost("", "").InstallDependencies(&pulumirpc.InstallDependenciesRequest{}, nil)
	if err == nil || !strings.Contains(err.Error(), "make toolchain") {
		t.Fatal(err)
	}
}

func TestAnythingElseIsTheHostsOwnError(t *testing.T) {
	wanted := errors.New("cannot start")
	if _, err := outcome(wanted); !errors.Is(err, wanted) {
		t.Fatal(err)
	}
}
