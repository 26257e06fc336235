/** OpenJPEG's JPIP server behind nginx, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from './tools.ts';

/** A server that runs. */
export interface OpjServer {
  /** The URL of its endpoint; targets are a field of the query. */
  readonly url: string;
  close(): Promise<void>;
}

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Where every opj_server listens for http-tcp. */
const AUXILIARY_PORT = 60000;

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function answers(port: number): Promise<boolean> {
  for (let k = 0; k < 100; k++) {
    if (await isOpen(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/**
 * Serves files by name with `opj_server`, which only serves JP2 files with index boxes. It listens on port 60000 besides, whoever asks, so
 * there can be one at a time.
 */
export async function startOpjServer(files: Readonly<Record<string, Uint8Array>>): Promise<OpjServer> {
  if (await isOpen(AUXILIARY_PORT)) throw new Error('another opj_server runs on this machine: end it first');
  const folder = mkdtempSync(join(tmpdir(), 'jp2kit-opj-'));
  const content = join(folder, 'files');
  mkdirSync(content);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(content, name), bytes);
  const [fcgi, http] = [await freePort(), await freePort()];
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of children) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // nginx takes its workers along when it is asked to go
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  children.push(
    spawn(
      requireTool('spawn-fcgi'),
      ['-n', '-a', '127.0.0.1', '-p', String(fcgi), '-d', content, '--', requireTool('opj_server')],
      {
        stdio: 'ignore',
      },
    ),
  );
  writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder, http, fcgi));
  children.push(
    spawn(
      requireTool('nginx'),
      ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'],
      {
        stdio: 'ignore',
      },
    ),
  );
  if (!(await answers(fcgi)) || !(await answers(http))) {
    await close();
    throw new Error('opj_server behind nginx does not answer');
  }
  return { url: `http://127.0.0.1:${http}/jpip`, close };
}

function nginxConf(folder: string, http: number, fcgi: number): string {
  return `worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; fastcgi_temp_path ${folder}/fastcgi; proxy_temp_path ${folder}/proxy;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${http};
    location /jpip {
      fastcgi_pass 127.0.0.1:${fcgi};
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_keep_conn off;
    }
  }
}
`;
}
