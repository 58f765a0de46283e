// Imported before a program (NODE_OPTIONS=--import=…), it sets its clock wrong by ROOTCELLAR_TEST_CLOCK_SHIFT milliseconds.
const shift = Number(process.env['ROOTCELLAR_TEST_CLOCK_SHIFT'] ?? 0);
const rightNow = Date.now;

Date.now = () => rightNow() + shift;
globalThis.Date = new Proxy(Date, {
  construct: (target, words, made) => Reflect.construct(target, words.length === 0 ? [Date.now()] : words, made),
});
