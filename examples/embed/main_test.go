package main

import (
	"context"
	"os"
)

func Example() {
	for _, args := range [][]string{{"Ada", "0"}, {"Ada", "3"}} {
		if err := run(context.Background(), args, os.Stdout); err != nil {
			panic(err)
		}
	}
	// Output:
	// note: Ada has been here 0 times
	// Welcome, Ada!
	// warning: Ada has been here 3 times
	// Welcome back, Ada!
}
