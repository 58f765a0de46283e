import path from 'node:path';

/** Says which file the tests run as the program, as `npm test` does when it has bundled it. */
export const programVariable = 'ROOTCELLAR_TEST_PROGRAM';

/** The program, for Node to run: the bundle that users get where `npm test` made one, the launcher of the checkout otherwise. */
export const program = process.env[programVariable] || path.join(import.meta.dirname, '../../bin/rootcellar.mjs');

/** Where programs are found, and what Node is told of all processes of a test: coverage of a child counts as ours, and what one compiled all use. */
export function environmentOfTests(): NodeJS.ProcessEnv {
  const { PATH, NODE_V8_COVERAGE, NODE_COMPILE_CACHE } = process.env;
  return {
    PATH,
    ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }),
    ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
  };
}
