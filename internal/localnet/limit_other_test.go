//go:build !unix

package localnet_test

import "testing"

func limitFileSize(t *testing.T, limit string) {
	t.Helper()
	if limit != "0" {
		t.Skip("file sizes cannot be limited here")
	}
}
