package main

import "context"

func Example() {
	for _, visits := range []uint32{0, 3} {
		greet(context.Background(), Guest{Name: "Ada", Visits: visits})
	}
	// Output:
	// note: Ada has been here 0 times
	// Welcome, Ada!
	// warning: Ada has been here 3 times
	// Welcome back, Ada!
}
