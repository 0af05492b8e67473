//go:build tools

// Package opa pins the policy engine that benchmarks compare with.
package opa

import _ "github.com/open-policy-agent/opa"
