// The memory that a component's host and adapter ask its C program for. Without it
// the adapter would take pages of which the allocator believes that they are its
// own.
#ifndef BERTH_REALLOC_H
#define BERTH_REALLOC_H

#include <stdlib.h>

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void *)align;
  void *p = realloc(old, size);
  if (p == NULL) abort();
  return p;
}

#endif
