import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback whose links can be made bad: what a network does, without root. */
export interface TcpProxy {
  readonly port: number;
  /** Connections accepted since the start. */
  readonly accepted: () => number;
  /** Resets every open link. New ones pass. */
  cut(): void;
  /** Links stay open and nothing passes any more, in both directions: a peer that vanished. */
  freeze(): void;
  /** Adds a delay to each chunk of both directions; 0 removes it. */
  delay(ms: number): void;
  /** New connections are closed at once. */
  refuse(on: boolean): void;
  /** Heals everything for new links and thaws frozen ones. */
  heal(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new FaultyProxy(targetPort);
  await proxy.listen();
  return proxy;
}

class FaultyProxy implements TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #targetPort: number;
  #accepted = 0;
  #delayMs = 0;
  #frozen = false;
  #refusing = false;
  #held: (() => void)[] = [];

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  readonly accepted = (): number => this.#accepted;

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  freeze(): void {
    this.#frozen = true;
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  refuse(on: boolean): void {
    this.#refusing = on;
  }

  heal(): void {
    [this.#frozen, this.#refusing, this.#delayMs] = [false, false, 0];
    for (const pass of this.#held.splice(0)) pass();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    this.#accepted++;
    if (this.#refusing) return void near.resetAndDestroy();
    const far = createConnection(this.#targetPort, '127.0.0.1');
    this.#join(near, far);
    this.#join(far, near);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => this.#pass(() => to.destroyed || to.write(chunk)));
    from.on('end', () => this.#pass(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#frozen) to.destroySoon();
    });
  }

  /** Timers of the same delay fire in the order they were set, so bytes keep theirs. */
  #pass(action: () => void): void {
    if (this.#frozen) this.#held.push(action);
    else if (this.#delayMs > 0) setTimeout(action, this.#delayMs);
    else action();
  }
}
