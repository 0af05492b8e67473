package refreshed

import (
	"context"
	"errors"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// bridge answers each Read with the same inputs.
type bridge struct {
	pulumirpc.UnimplementedResourceProviderServer
	inputs *structpb.Struct
	err    error
}

func (b bridge) Read(context.Context, *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if b.err != nil {
		return nil, b.err
	}
	return &pulumirpc.ReadResponse{Id: "id", Inputs: b.inputs}, nil
}

func object(t *testing.T, text string) *structpb.Struct {
	t.Helper()
	if text == "" {
		return nil
	}
	made := &structpb.Struct{}
	if err := protojson.Unmarshal([]byte(text), made); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestReadKeepsTheNotesItWasAskedWith(t *testing.T) {
	for _, one := range []struct{ name, old, read, kept string }{
		{"an empty note", `{"name":"a","__defaults":[]}`, `{"name":"a"}`, `{"name":"a","__defaults":[]}`},
		{"beside what changed", `{"name":"a","__defaults":[]}`, `{"name":"b"}`, `{"name":"b","__defaults":[]}`},
		{"though nothing is left", `{"name":"a","__defaults":[]}`, `{}`, `{"__defaults":[]}`},
		{"in an object", `{"of":{"a":1,"__defaults":[]}}`, `{"of":{"a":2}}`, `{"of":{"a":2,"__defaults":[]}}`},
		{
			"in a list", `{"of":[{"a":1,"__defaults":[]},{"a":2}]}`, `{"of":[{"a":1},{"a":3}]}`,
			`{"of":[{"a":1,"__defaults":[]},{"a":3}]}`,
		},
		{"not in a list that grew", `{"of":[{"__defaults":[]}]}`, `{"of":[{},{}]}`, `{"of":[{},{}]}`},
		{"not in an object that is gone", `{"of":{"__defaults":[]}}`, `{"a":1}`, `{"a":1}`},
		{"not where there was none", `{"name":"a"}`, `{"name":"a"}`, `{"name":"a"}`},
		{
			"the bridge's own note stays", `{"a":1,"__defaults":[]}`, `{"a":1,"__defaults":["a"]}`,
			`{"a":1,"__defaults":["a"]}`,
		},
		{"a note that says something is the bridge's to keep", `{"a":1,"__defaults":["a"]}`, `{"a":2}`, `{"a":2}`},
		{"an import is asked without inputs", "", `{"a":2}`, `{"a":2}`},
		{"what is gone has none", `{"a":1,"__defaults":[]}`, "", ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			read, err := Provider(bridge{inputs: object(t, one.read)}).Read(
				t.Context(), &pulumirpc.ReadRequest{Inputs: object(t, one.old)})
			if err != nil {
				t.Fatal(err)
			}
			if read.GetId() != "id" || !proto.Equal(read.GetInputs(), object(t, one.kept)) {
				t.Fatalf("%v, wanted %s", read, one.kept)
			}
		})
	}
}

func TestReadThatFailsIsTheBridges(t *testing.T) {
	broken := errors.New("no answer")
	read, err := Provider(bridge{err: broken}).Read(t.Context(), &pulumirpc.ReadRequest{Inputs: object(t, `{"__defaults":[]}`)})
	if read != nil || !errors.Is(err, broken) {
		t.Fatal(read, err)
	}
}
