// Package testengine gives tests the engine of this build: wazero, or wasmtime with
// the build tag of that name. So the tests of packages above the engines run on
// both without a word about either.
package testengine
