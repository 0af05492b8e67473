package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// said is what a plugin said, and its exit code (-1 while it has not ended).
type said struct {
	stdout, stderr string
	code           int
}

func listen(stream grpc.ServerStreamingClient[pulumirpc.RunPluginResponse]) (said, error) {
	heard := said{code: -1}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return heard, nil
		}
		if err != nil {
			return heard, err
		}
		heard.stdout += string(message.GetStdout())
		heard.stderr += string(message.GetStderr())
		if _, ended := message.GetOutput().(*pulumirpc.RunPluginResponse_Exitcode); ended {
			heard.code = int(message.GetExitcode())
		}
	}
}

func runPlugin(t *testing.T, w *world, req *pulumirpc.RunPluginRequest) (said, error) {
	t.Helper()
	stream, err := w.client.RunPlugin(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return listen(stream)
}

func TestAProviderRunsFromItsFolderWithItsArgumentsAndEnvironment(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, "__main__.py", `
import os, sys
print(os.getcwd(), sys.argv[1:], os.environ["GIVEN"], "PATH" in os.environ)
print("a warning", file=sys.stderr)
`)
	heard, err := runPlugin(t, w, &pulumirpc.RunPluginRequest{
		Info: w.info(t, nil), Pwd: w.root, Kind: "resource", Args: []string{"127.0.0.1:3"}, Env: []string{"GIVEN=x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, heard.stdout, w.root+" ['127.0.0.1:3'] x True")
	contains(t, heard.stderr, "a warning")
}

func TestAPluginThatLeavesAProcessBehindHasEndedWell(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, "__main__.py", leaves)
	started := time.Now()
	heard, err := runPlugin(t, w, &pulumirpc.RunPluginRequest{Info: w.info(t, nil), Pwd: w.root, Kind: "resource"})
	if err != nil || time.Since(started) > 10*time.Second {
		t.Fatal(heard, err, time.Since(started))
	}
	contains(t, heard.stdout, "done")
}

func TestAPluginOutsideAVirtualEnvironmentKeepsTheMachines(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, "__main__.py", `import os; print(sorted(os.environ))`)
	t.Setenv("OF_THE_MACHINE", "x")
	heard, err := runPlugin(t, w, &pulumirpc.RunPluginRequest{
		Info: w.info(t, map[string]any{"virtualenv": ""}), Pwd: w.root, Kind: "resource", Env: []string{"GIVEN=x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, heard.stdout, "'OF_THE_MACHINE'", "'GIVEN'")
}

func TestAPluginThatEndsSaysItsExitCode(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, "__main__.py", "raise SystemExit(7)")
	heard, err := runPlugin(t, w, &pulumirpc.RunPluginRequest{Info: w.info(t, nil), Pwd: w.root, Kind: "resource"})
	if err != nil || heard.code != 7 {
		t.Fatal(heard, err)
	}
}

// alive tells whether a process still runs; a zombie does not.
func alive(pid string) bool {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(after, "Z")
}

func TestAPluginDiesWithTheStreamThatAskedForIt(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, "__main__.py", `
import os, time
print(os.getpid(), flush=True)
time.sleep(60)
`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := w.client.RunPlugin(ctx, &pulumirpc.RunPluginRequest{Info: w.info(t, nil), Pwd: w.root, Kind: "resource"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	pid := strings.TrimSpace(string(first.GetStdout()))
	cancel()
	for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("plugin %s still runs", pid)
		}
	}
}

// pack is a policy pack that only notes how it was started, in place of the module pulumi.policy.
const pack = `
import json, os, sys
names = ("ORGANIZATION", "PROJECT", "STACK", "DRY_RUN", "CONFIG")
json.dump({"args": sys.argv[1:], "cwd": os.getcwd(), **{n: os.environ.get("PULUMI_" + n) for n in names}},
          open("started.json", "w"))
raise SystemExit(9)
`

func startPack(t *testing.T, w *world, config *pulumirpc.AnalyzerStackConfigureRequest) string {
	t.Helper()
	w.write(t, "pulumi/__init__.py", "")
	w.write(t, "pulumi/policy.py", pack)
	stream, err := w.client.RunPlugin(t.Context(), &pulumirpc.RunPluginRequest{
		Info: w.info(t, nil), Pwd: "/", Kind: "analyzer", Args: []string{"127.0.0.1:3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var proxy int
	if _, err := fmt.Sscan(string(first.GetStdout()), &proxy); err != nil {
		t.Fatal(err)
	}
	analyzer := dial(t, fmt.Sprintf("127.0.0.1:%d", proxy), pulumirpc.NewAnalyzerClient)
	if _, err := analyzer.ConfigureStack(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(stream); err == nil {
		t.Error("a pack that ended before it served must be an error")
	}
	return w.read(t, "started.json")
}

func TestAPackStartsOnceItIsConfiguredAndReadsItsStack(t *testing.T) {
	w := newWorld(t, "")
	started := startPack(t, w, &pulumirpc.AnalyzerStackConfigureRequest{
		Organization: "o", Project: "p", Stack: "s", DryRun: true, Config: map[string]string{"p:a": "1"},
	})
	contains(t, started, `"args": ["127.0.0.1:3", "`+w.root+`"]`, `"cwd": "`+w.root, `"ORGANIZATION": "o"`,
		`"PROJECT": "p"`, `"STACK": "s"`, `"DRY_RUN": "true"`, `"CONFIG": "{\"p:a\":\"1\"}"`)
}

func TestAPackWithoutConfigurationGetsAnEmptyObject(t *testing.T) {
	started := startPack(t, newWorld(t, ""), &pulumirpc.AnalyzerStackConfigureRequest{Project: "p"})
	contains(t, started, `"CONFIG": "{}"`)
}
