/** Pictures on servers, described without downloading them: by JPIP, or by ranges where a server knows nothing of that. */
import { httpSource, type ImageInfo, inspect } from 'jp2kit';
import { JpipError, openJpip } from 'jp2kit/jpip/client';

/** What it took to learn something. */
export interface RemoteInfo {
  readonly protocol: 'jpip' | 'ranges';
  readonly received: number;
  readonly requests: number;
}

/** What was learnt. */
export interface RemoteDescription {
  readonly info: ImageInfo;
  /** Size of the file, where it is known. */
  readonly bytes: number | undefined;
  readonly remote: RemoteInfo;
}

/** True for what is asked for over the network. */
export function isAddress(text: string): boolean {
  return /^(?:jpips?|https?):\/\//i.test(text);
}

/** Describes a picture on a server. */
export async function inspectRemote(url: string): Promise<RemoteDescription> {
  try {
    return await inspectByJpip(url);
  } catch (error) {
    // an answer that is none of JPIP: perhaps the file itself
    const isOther = error instanceof JpipError && error.code === 'response-type' && /^https?:/i.test(url);
    if (!isOther) throw error;
    return inspectByRanges(url);
  }
}

async function inspectByJpip(url: string): Promise<RemoteDescription> {
  const image = await openJpip(url);
  try {
    await image.requestMetadata();
    const remote = { protocol: 'jpip' as const, received: image.bytesReceived, requests: image.requests };
    return { info: image.info, bytes: undefined, remote };
  } finally {
    await image.close();
  }
}

async function inspectByRanges(url: string): Promise<RemoteDescription> {
  let [received, requests] = [0, 0];
  const source = httpSource(url, {
    fetch: async (address, init) => {
      const response = await fetch(address, init as RequestInit);
      requests++;
      received += Number(response.headers.get('content-length') ?? 0);
      return response;
    },
  });
  const info = await inspect(source);
  return { info, bytes: source.size, remote: { protocol: 'ranges', received, requests } };
}
