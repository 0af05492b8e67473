package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// pluginFile is what an SDK package ships to say which resource plugin it needs.
type pluginFile struct {
	Resource bool   `json:"resource"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Server   string `json:"server"`
}

// GetRequiredPackages lists the resource plugins that the SDKs installed in the program's virtual environment name.
func (h *host) GetRequiredPackages(
	ctx context.Context, req *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	tc, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	venv, err := tc.VirtualEnvPath(ctx)
	if err != nil {
		return nil, err
	}
	if venv == "" {
		return &pulumirpc.GetRequiredPackagesResponse{}, nil // the machine's own Python: nothing is pinned to a program
	}
	return requiredPackages(filepath.Join(venv, "lib", "python3*", "site-packages", "*", "pulumi-plugin.json"))
}

func requiredPackages(pattern string) (*pulumirpc.GetRequiredPackagesResponse, error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	found := &pulumirpc.GetRequiredPackagesResponse{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var plugin pluginFile
		if err := json.Unmarshal(text, &plugin); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if plugin.Resource && plugin.Name != "" {
			found.Packages = append(found.Packages, &pulumirpc.PackageDependency{
				Kind: "resource", Name: plugin.Name, Version: plugin.Version, Server: plugin.Server,
			})
		}
	}
	return found, nil
}
