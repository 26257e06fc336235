/** The test run. `.ci/run` names a file in JP2KIT_TEST_REPORT to get the counts as JSON besides the readable report. */
import { defineConfig } from 'vitest/config';

const report = process.env.JP2KIT_TEST_REPORT;

export default defineConfig({
  test: {
    setupFiles: ['test/support/setup.ts'],
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
});
