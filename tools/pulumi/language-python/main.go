// Command pulumi-language-python lets the Pulumi engine run Python programs, policy packs and provider plugins.
//
// It is used only where no official language host is installed, and does what `pulumi up`, `preview`, `import`,
// `about`, `policy analyze` and `package gen-sdk` need.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

const engineHealth = 5 * time.Minute

func main() {
	flag.String("tracing", "", "unused; the engine passes it")
	flag.String("root", "", "unused; older engines pass it")
	flag.Parse()
	if err := serve(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

// serve answers the engine at `engine` ("" for none) until it goes away or an interrupt arrives.
func serve(engine string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	self, err = filepath.EvalSymlinks(self)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		stop()
		close(cancel)
	}()
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, engineHealth, stop); err != nil {
			return fmt.Errorf("cannot watch the engine: %w", err)
		}
	}
	h := newHost(filepath.Dir(self), engine)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, h)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
