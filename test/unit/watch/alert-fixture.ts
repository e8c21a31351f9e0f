import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlertMessage } from '../../../workflows/contract/backup/alerts.ts';

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: AlertMessage;
}

/** A webhook on loopback: answers each request with the next of these statuses, the last one for ever. */
export async function startWebhook(answers: (number | 'hang' | 'cut')[] = [200]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const answer = answers[Math.min(received.length, answers.length - 1)] ?? 200;
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body: JSON.parse(text) as AlertMessage });
      if (answer === 'hang') return;
      if (answer === 'cut') request.socket.destroy();
      else response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end('thanks');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
