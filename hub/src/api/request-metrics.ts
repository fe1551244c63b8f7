/** Requests by route and status, for `/metrics`. Bounded by the routes there are: unknown paths count as one. */
export function createRequestMetrics() {
  const byKey = new Map<string, { count: number; seconds: number }>();
  return {
    record(method: string, path: string, status: number, seconds: number): void {
      const key = `method="${method}",path="${path}",status="${status}"`;
      const known = byKey.get(key) ?? { count: 0, seconds: 0 };
      byKey.set(key, { count: known.count + 1, seconds: known.seconds + seconds });
    },
    /** Prometheus text. */
    text(): string {
      const lines = ['# TYPE airis_api_requests_total counter'];
      for (const [labels, { count }] of byKey) lines.push(`airis_api_requests_total{${labels}} ${count}`);
      lines.push('# TYPE airis_api_request_seconds_total counter');
      for (const [labels, { seconds }] of byKey) {
        lines.push(`airis_api_request_seconds_total{${labels}} ${seconds.toFixed(6)}`);
      }
      return `${lines.join('\n')}\n`;
    },
  };
}
export type RequestMetrics = ReturnType<typeof createRequestMetrics>;
