// Compiled to src/repository/kernels/kernels.wasm. All memory is the caller's; nothing is allocated here.
export { cut } from './gear';
export { polyBegin, polyUpdate, polyEnd } from './poly1305';
