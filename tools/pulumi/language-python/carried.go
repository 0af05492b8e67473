package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The engine's own limit for a message.
const largest = 400 << 20

// runCarried runs a policy pack that answers over its standard input and output, and serves the engine's calls for it:
// the engine waits for two calls for each resource, and a gRPC server in Python takes longer over them than the pack.
//
// Nothing is answered here. What the pack does not offer is "unimplemented", and what it can no longer answer is
// "unavailable", which ends the run.
func (h *host) runCarried(ctx context.Context, cmd *exec.Cmd, stdout io.Writer) error {
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, listener.Close())
	}
	c := &carrier{in: in, out: bufio.NewReader(out), ready: make(chan struct{})}
	server := grpc.NewServer(
		grpc.UnknownServiceHandler(c.handle), grpc.ForceServerCodec(raw{}),
		grpc.MaxRecvMsgSize(largest), grpc.MaxSendMsgSize(largest),
	)
	go c.greet()
	go func() { _ = server.Serve(listener) }() // its only errors are those of an end
	defer server.Stop()
	if _, err := fmt.Fprintln(stdout, listener.Addr().(*net.TCPAddr).Port); err != nil {
		return err
	}
	err = cmd.Wait()
	<-ctx.Done() // until the engine lets go of the pack, each call hears that it has ended
	return err
}

// carrier carries calls to one pack, one after the other. A call is the lengths of its name and of its message, 4 bytes
// each, then both; an answer is its gRPC code, 1 byte, and the length of what follows: a message, or why there is none.
type carrier struct {
	lock    sync.Mutex
	in      io.Writer
	out     *bufio.Reader
	ready   chan struct{} // closed once the pack has said what it offers, or has ended
	offered []string
	broken  error
}

// greet reads the first line of the pack: the methods it answers.
func (c *carrier) greet() {
	defer close(c.ready)
	line, err := c.out.ReadString('\n')
	c.offered, c.broken = strings.Fields(line), err
}

func (c *carrier) handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	answer, err := c.ask(path.Base(method), request)
	if err != nil {
		return err
	}
	return stream.SendMsg(&answer)
}

func (c *carrier) ask(name string, request []byte) ([]byte, error) {
	<-c.ready
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.broken != nil {
		return nil, ended(c.broken)
	}
	if !slices.Contains(c.offered, name) {
		return nil, status.Errorf(codes.Unimplemented, "the policy pack has no %s", name)
	}
	code, answer, err := c.exchange(name, request)
	switch {
	case err != nil:
		c.broken = err // half a frame may lie in the pipe
		return nil, ended(err)
	case code != codes.OK:
		return nil, status.Error(code, string(answer))
	}
	return answer, nil
}

func ended(why error) error {
	return status.Errorf(codes.Unavailable, "the policy pack has ended, so nothing can be judged (%v): run it again", why)
}

func (c *carrier) exchange(name string, request []byte) (codes.Code, []byte, error) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(name)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(request)))
	frame = append(append(frame, name...), request...)
	if _, err := c.in.Write(frame); err != nil {
		return 0, nil, err
	}
	var head [5]byte
	if _, err := io.ReadFull(c.out, head[:]); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(head[1:])
	if length > largest {
		return 0, nil, fmt.Errorf("an answer of %d bytes", length)
	}
	answer := make([]byte, length)
	_, err := io.ReadFull(c.out, answer)
	return codes.Code(head[0]), answer, err
}

// raw hands messages on as they came.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (raw) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = append([]byte(nil), data...)
	return nil
}
