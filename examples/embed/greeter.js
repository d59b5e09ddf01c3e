// A plugin of the world in greeter.wit. What the world imports is global.
export function greet({ name, visits }) {
  if (name === '') throw 'a guest needs a name';
  say(visits > 2 ? 'warning' : 'info', `${name} has been here ${visits} times`);
  return visits === 0 ? `Welcome, ${name}!` : `Welcome back, ${name}!`;
}
