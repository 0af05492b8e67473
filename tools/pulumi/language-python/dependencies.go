package main

import (
	"context"
	"encoding/json"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// distributions prints what is installed, each with whether another one requires it. It does without pip, because a
// virtual environment made by uv has none.
const distributions = `
import importlib.metadata, json, re
def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()
installed = {plain(d.name): d for d in importlib.metadata.distributions() if d.name}
wanted = {plain(re.match(r"[\w.-]+", line)[0])
          for d in installed.values() for line in d.requires or [] if "extra ==" not in line}
print(json.dumps([{"name": d.name, "version": d.version, "required": name in wanted}
                  for name, d in sorted(installed.items())]))`

// GetProgramDependencies lists the installed distributions, for `pulumi about`: those that no other one requires, or
// all of them with `--transitive`.
func (h *host) GetProgramDependencies(
	ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	tc, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	cmd, err := tc.Command(ctx, "-c", distributions)
	if err != nil {
		return nil, err
	}
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list what is installed for %s: %w", cmd.Path, err)
	}
	var installed []struct {
		Name, Version string
		Required      bool
	}
	if err := json.Unmarshal(text, &installed); err != nil {
		return nil, fmt.Errorf("cannot read what is installed for %s: %w", cmd.Path, err)
	}
	found := &pulumirpc.GetProgramDependenciesResponse{}
	for _, one := range installed {
		if req.GetTransitiveDependencies() || !one.Required {
			dependency := &pulumirpc.DependencyInfo{Name: one.Name, Version: one.Version}
			found.Dependencies = append(found.Dependencies, dependency)
		}
	}
	return found, nil
}

// InstallDependencies is asked before a plugin runs from its folder. What a program needs is pinned in uv.lock, and
// nothing else may choose versions: a virtual environment that is there is left as it is, and none is made here.
func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	tc, err := resolve(req.GetInfo())
	if err != nil {
		return err
	}
	if err := tc.ValidateVenv(server.Context()); err != nil {
		folder := req.GetInfo().GetProgramDirectory()
		return fmt.Errorf("%s has no virtual environment; run `make toolchain`, which follows uv.lock: %w", folder, err)
	}
	return nil
}
