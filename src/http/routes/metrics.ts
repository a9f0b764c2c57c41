import type { Route } from '../route.ts';

/** The metrics of the node, in the form that the content type says. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Numbers for Prometheus. Partners and traffic are not for everybody: who scrapes has a token for this alone. */
export function metricsRoutes(metrics: () => Promise<MetricsText>): Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      operationId: 'readMetrics',
      summary: 'Numbers for Prometheus, in its text format',
      description:
        'Make a token with `onlyRights: ["metrics.read"]` for the one who scrapes. What is counted in the database is at most five seconds old.',
      tag: 'Node',
      right: 'metrics.read',
      replies: { 200: { description: 'The metrics.', contentType: 'text/plain' } },
      async handle() {
        const { contentType, text } = await metrics();
        return { status: 200, bytes: Buffer.from(text), contentType };
      },
    },
  ];
}
