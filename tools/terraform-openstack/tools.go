//go:build tools

// Package terraformopenstack pins the vendor's own provider, as benchmarks run it under OpenTofu.
package terraformopenstack

import _ "github.com/terraform-provider-openstack/terraform-provider-openstack/v3"
