// A program that breaks as its first argument says, in C++ and without its library:
// what is reported of a trap has names of namespaces and templates in it.
#include <assert.h>
#include <stdio.h>
#include <string.h>

namespace assets {

template <typename T>
class Ring {
 public:
  __attribute__((noinline)) T at(unsigned i) const {
    assert(i < size_);  // assertion
    return items_[i];
  }
  __attribute__((noinline)) int divide(int by) const {
    return 7 / by;  // division
  }

 private:
  T items_[4] = {};
  unsigned size_ = 4;
};

struct Step {
  virtual int run(int n) = 0;
};

__attribute__((noinline)) int trap(int n) {
  if (n > 0) return trap(n - 1) + 1;
  __builtin_trap();  // trap
}

}  // namespace assets

static assets::Ring<int> ring;

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "";
  volatile int zero = 0;
  if (strcmp(how, "assertion") == 0) printf("%d\n", ring.at(argc + 7));
  if (strcmp(how, "division") == 0) printf("%d\n", ring.divide(zero));
  if (strcmp(how, "trap") == 0) printf("%d\n", assets::trap(3));
  if (strcmp(how, "null") == 0) printf("%d\n", reinterpret_cast<assets::Step *>(zero)->run(0));
  return 0;
}
