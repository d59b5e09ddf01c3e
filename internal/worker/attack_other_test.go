//go:build !linux

package worker_test

import "github.com/berth-cli/berth/plugin/icpsync"

func attack(icpsync.Request) {}

func impostor(string) {}
