package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// answering is a pack that answers each call with the message it was asked with, and what `rules` (Python) makes of it.
func answering(offered, rules string) string {
	return `
import os, struct, sys
print("a warning", file=sys.stderr, flush=True)
calls, out = sys.stdin.buffer, sys.stdout.buffer
out.write(b"` + offered + `\n")
out.flush()
while head := calls.read(8):
    name, size = struct.unpack(">II", head)
    name, message = calls.read(name).decode(), calls.read(size)
    code = 0
` + rules + `
    out.write(struct.pack(">BI", code, len(message)) + message)
    out.flush()
`
}

type carriedPack struct {
	client pulumirpc.AnalyzerClient
	folder string
}

func carry(t *testing.T, program string) carriedPack {
	t.Helper()
	return carryUntil(t.Context(), t, program)
}

func carryUntil(ctx context.Context, t *testing.T, program string) carriedPack {
	t.Helper()
	w := newWorld(t, "")
	w.write(t, "__main__.py", program)
	stream, err := w.client.RunPlugin(ctx, &pulumirpc.RunPluginRequest{
		Info: w.info(t, map[string]any{"carried": true}), Pwd: "/", Kind: "analyzer", Args: []string{"127.0.0.1:3"},
		Env: []string{"GIVEN=x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for { // standard error may come first
		first, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		var port int
		if text := string(first.GetStdout()); text != "" {
			if _, err := fmt.Sscan(text, &port); err != nil {
				t.Fatal(err)
			}
			return carriedPack{dial(t, fmt.Sprintf("127.0.0.1:%d", port), pulumirpc.NewAnalyzerClient), w.root}
		}
	}
}

func answers(t *testing.T, err error, code codes.Code, wanted ...string) {
	t.Helper()
	fails(t, err, wanted...)
	if status.Code(err) != code {
		t.Errorf("%s was expected, not %v", code, err)
	}
}

func TestACarriedPackIsAskedAndAnswersAsItIs(t *testing.T) {
	pack := carry(t, answering("GetAnalyzerInfo Analyze", `
    assert name == "GetAnalyzerInfo" and message == b""
    message = bytes([0x0A, 4]) + b"mine"  # name = "mine"
`))
	info, err := pack.client.GetAnalyzerInfo(t.Context(), &emptypb.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	if info.GetName() != "mine" {
		t.Error(info)
	}
}

func TestACarriedPackStartsInItsFolderWithItsArgumentsAndEnvironment(t *testing.T) {
	pack := carry(t, answering("Configure", `
    code, message = 9, repr((os.getcwd(), sys.argv[1:], os.environ.get("PULUMI_STACK"), os.environ.get("GIVEN"))).encode()
`))
	_, err := pack.client.Configure(t.Context(), &pulumirpc.ConfigureAnalyzerRequest{})
	answers(t, err, codes.FailedPrecondition, "('"+pack.folder+"', ['--carried', '127.0.0.1:3'], None, 'x')")
}

func TestAMessagePassesWhateverItsSize(t *testing.T) {
	pack := carry(t, answering("Analyze", `
    if message.endswith(b"x" * (20 << 20)):
        message = b""
    else:
        code, message = 13, b"another message came"
`))
	if _, err := pack.client.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{Type: strings.Repeat("x", 20<<20)}); err != nil {
		t.Error(err)
	}
}

func TestWhatThePackDoesNotOfferIsUnimplementedAndNeverAsked(t *testing.T) {
	pack := carry(t, answering("Analyze", `
    assert name == "Analyze"
`))
	_, err := pack.client.Remediate(t.Context(), &pulumirpc.AnalyzeRequest{})
	answers(t, err, codes.Unimplemented, "no Remediate")
	if _, err := pack.client.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{}); err != nil {
		t.Error(err)
	}
}

func TestARefusalReachesTheEngineWithItsCodeAndWords(t *testing.T) {
	pack := carry(t, answering("Configure", `
    code, message = 3, b"below its floor"
`))
	_, err := pack.client.Configure(t.Context(), &pulumirpc.ConfigureAnalyzerRequest{})
	answers(t, err, codes.InvalidArgument, "below its floor")
}

func TestAPackThatEndsBeforeItAnswersLetsNothingPass(t *testing.T) {
	for name, program := range map[string]string{
		"in a call":           answering("Analyze", "    raise SystemExit(9)"),
		"in an answer":        answering("Analyze", "    out.write(b'\\0\\0'); out.flush(); raise SystemExit(9)"),
		"before its greeting": "import time; time.sleep(0.2); raise SystemExit(9)",
		"in its greeting":     "import sys; sys.stdout.write('Analyze'); sys.stdout.flush(); raise SystemExit(9)",
	} {
		t.Run(name, func(t *testing.T) {
			pack := carry(t, program)
			for range 2 {
				_, err := pack.client.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{})
				answers(t, err, codes.Unavailable, "the policy pack has ended")
			}
		})
	}
}

func TestAPackThatTalksNonsenseLetsNothingPass(t *testing.T) {
	pack := carry(t, answering("Analyze", `
    out.write(b"a warning that some library prints, and that is no answer at all" * 9)
`))
	for range 2 {
		_, err := pack.client.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{})
		answers(t, err, codes.Unavailable, "has ended")
	}
}

func TestACarriedPackDiesWithTheStreamThatAskedForIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pack := carryUntil(ctx, t, answering("Configure", `
    code, message = 9, str(os.getpid()).encode()
`))
	_, err := pack.client.Configure(t.Context(), &pulumirpc.ConfigureAnalyzerRequest{})
	pid := status.Convert(err).Message()
	if !alive(pid) {
		t.Fatalf("pack %s is not there", pid)
	}
	cancel()
	for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("pack %s still runs", pid)
		}
	}
}
