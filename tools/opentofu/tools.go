//go:build tools

// Package opentofu pins the tool that benchmarks compare with; its OpenStack provider is in terraform-openstack.
package opentofu

import _ "github.com/opentofu/opentofu/cmd/tofu"
