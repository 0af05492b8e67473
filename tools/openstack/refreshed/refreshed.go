// Package refreshed keeps the notes of a resource's inputs over a refresh.
//
// Pulumi's bridge notes in `__defaults` of each object of inputs which of its values are defaults: nobody's choice. Its
// Read leaves the note out where it is empty (bridge 3.136, deleteDefaultsKey), and its Check takes an object without a
// note for one whose every value may be a default. So after a refresh a value that is taken out of a program would stay as
// it was, and the next run writes the state once for each resource, as the note comes back.
package refreshed

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

const defaults = "__defaults"

// Provider is the provider given, whose Read keeps the empty notes that it was asked with.
func Provider(bridged pulumirpc.ResourceProviderServer) pulumirpc.ResourceProviderServer {
	return provider{bridged}
}

type provider struct {
	pulumirpc.ResourceProviderServer
}

// Read is the bridge's; an import is asked without inputs and stays what it is.
func (p provider) Read(ctx context.Context, asked *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	read, err := p.ResourceProviderServer.Read(ctx, asked)
	if err == nil {
		keep(asked.GetInputs(), read.GetInputs())
	}
	return read, err
}

// keep brings empty notes of `old` back into `read`, in each object that both have at the same place.
func keep(old, read *structpb.Struct) {
	if old == nil || read == nil {
		return
	}
	_, noted := read.GetFields()[defaults]
	if note, was := old.GetFields()[defaults]; was && !noted && empty(note) {
		if read.Fields == nil {
			read.Fields = map[string]*structpb.Value{}
		}
		read.Fields[defaults] = note
	}
	for name, value := range read.GetFields() {
		keepValue(old.GetFields()[name], value)
	}
}

// keepValue goes on in objects and in lists of the same length: the bridge keeps the order of the old inputs.
func keepValue(old, read *structpb.Value) {
	if old.GetStructValue() != nil {
		keep(old.GetStructValue(), read.GetStructValue())
		return
	}
	was, is := old.GetListValue().GetValues(), read.GetListValue().GetValues()
	if len(was) != len(is) {
		return
	}
	for place := range was {
		keepValue(was[place], is[place])
	}
}

func empty(note *structpb.Value) bool {
	list, is := note.GetKind().(*structpb.Value_ListValue)
	return is && len(list.ListValue.GetValues()) == 0
}
