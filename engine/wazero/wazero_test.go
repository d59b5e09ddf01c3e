package wazero_test

import (
	"testing"

	"github.com/berth-cli/berth/engine/enginetest"
	"github.com/berth-cli/berth/engine/wazero"
)

func TestEngine(t *testing.T) { enginetest.Run(t, newEngine(wazero.Config{})) }

func TestInterpreter(t *testing.T) { enginetest.Run(t, newEngine(wazero.Config{Interpreter: true})) }
