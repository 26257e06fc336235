import { expect, test } from 'vitest';
import { engineFamilies, formatMetrics, ResponseCounter } from '../../../src/jpip/transport/metrics.ts';

test('families are written as Prometheus reads them', () => {
  const text = formatMetrics([
    { name: 'a_total', help: 'Back\\slash and\nline.', type: 'counter', samples: [{ value: 3 }] },
    { name: 'b', help: 'B.', type: 'gauge', samples: [{ value: 1.5, labels: { x: 'say "hi"\n\\', y: '2' } }] },
    { name: 'c', help: 'C.', type: 'gauge', samples: [{ value: Number.POSITIVE_INFINITY }] },
  ]);
  expect(text).toBe(
    '# HELP a_total Back\\\\slash and\\nline.\n# TYPE a_total counter\na_total 3\n' +
      '# HELP b B.\n# TYPE b gauge\nb{x="say \\"hi\\"\\n\\\\",y="2"} 1.5\n' +
      '# HELP c C.\n# TYPE c gauge\nc +Inf\n',
  );
});

test('times are counted in all classes from their own upwards', () => {
  const counter = new ResponseCounter();
  for (const ms of [0.5, 3, 3, 400, 60_000]) {
    counter.begin();
    counter.end(200, 10, ms, ms > 1000);
  }
  const families = new Map(counter.families().map((family) => [family.name, family.samples]));
  const buckets = families.get('jpip_http_response_seconds')!;
  const at = (le: string): number => buckets.find(({ labels }) => labels?.le === le)!.value;
  expect([at('0.001'), at('0.0025'), at('0.005'), at('0.25'), at('0.5'), at('10'), at('+Inf')]).toEqual([
    1, 1, 3, 3, 4, 4, 5,
  ]);
  expect(families.get('jpip_http_response_bytes_total')).toEqual([{ value: 50 }]);
  expect(families.get('jpip_http_responses_aborted_total')).toEqual([{ value: 1 }]);
  expect(families.get('jpip_http_requests_active')).toEqual([{ value: 0 }]);
});

test('the numbers of an engine get names of this kind', () => {
  expect(
    engineFamilies({ sessions: 2, bytesSent: 10, name: 'x', newThings: 1 }).map((f) => [f.name, f.type, f.samples]),
  ).toEqual([
    ['jpip_engine_sessions', 'gauge', [{ value: 2 }]],
    ['jpip_engine_bytes_sent_total', 'counter', [{ value: 10 }]],
    ['jpip_engine_new_things', 'gauge', [{ value: 1 }]],
  ]);
});
