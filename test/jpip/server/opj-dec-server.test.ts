/** OpenJPEG's decoding server, which its viewer talks to, over what this server sends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decode, encodeSync } from '../../../src/index.ts';
import type { JpipEngine } from '../../../src/jpip-server.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { ask, engineOver } from '../../support/jpip-server.ts';
import { describeTools } from '../../support/shared.ts';
import { requireTool } from '../../support/tools.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends one message and takes the answer, until the other side closes. */
function tell(port: number, ...parts: (string | Uint8Array)[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(Buffer.concat(parts.map((part) => Buffer.from(part)))),
    );
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('end', () => resolve(Buffer.concat(pieces)));
    socket.on('error', reject);
  });
}

describeTools(['opj_dec_server'], 'opj_dec_server', () => {
  let child: ChildProcess;
  let port: number;
  let folder: string;
  let engine: JpipEngine;
  let file: Uint8Array;

  beforeEach(async () => {
    const { image } = wavyPicture(256, 192, 3, 8);
    file = encodeSync(image, { levels: 3, precincts: [{ width: 64, height: 64 }], progression: 'RPCL' }).data;
    engine = engineOver({ 'x.jp2': file }, { compatibility: { tileHeaders: 'openjpip' } });
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-dec-')); // it writes what it keeps into its folder
    port = await freePort();
    child = spawn(requireTool('opj_dec_server'), [String(port)], { cwd: folder, stdio: 'ignore' });
    for (let k = 0; k < 100; k++) {
      const open = await new Promise<boolean>((resolve) => {
        // it takes one connection after the other, so it must be done with this one
        let isOpen = false;
        const socket = connect(port, '127.0.0.1', () => {
          isOpen = true;
          socket.end('?\n');
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(isOpen));
        socket.resume();
      });
      if (open) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  afterEach(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  // under load it now and then says that a picture it has taken has no size: then another one is started, and asked again
  test('shows the picture of two responses of a session', { retry: 4 }, async () => {
    let cid = '';
    for (const window of ['fsiz=64,48', 'fsiz=256,192']) {
      const query = cid ? `cid=${cid}&${window}` : `target=x.jp2&cnew=http&type=jpp-stream&${window}`;
      const taken = await ask(engine, query);
      cid ||= /cid=([^,]+)/.exec(taken.headers['JPIP-cnew']!)![1]!;
      const { bytes } = taken;
      const answer = await tell(port, `JPIP-stream\nversion 1.2\nx.jp2\ntid\n${cid}\n${bytes.length}\n`, bytes);
      expect([...answer]).toEqual([1]);
    }
    const size = await tell(port, `SIZ request\n0\n${cid}\n`);
    expect([...size.subarray(0, 3)].map((c) => String.fromCharCode(c)).join('')).toBe('SIZ');
    expect(size.readUIntBE(3, 3)).toBe(256);
    expect(size.readUIntBE(6, 3)).toBe(192);
    const shown = await tell(port, `PNM request\n${cid}\n256\n192\n`);
    expect([...shown.subarray(0, 7)]).toEqual([0x50, 6, 1, 0, 0, 192, 255]);
    const local = await decode(file, { colour: 'native' });
    expect([...shown.subarray(7)]).toEqual([...local.data]);
  });
});
