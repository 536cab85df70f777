import type { IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { messageOf } from '../../../lib/errors.ts';
import { refuseForeign } from '../../../lib/http/guard.ts';
import type { Log } from '../../../lib/log.ts';
import type { NodeAgent } from '../cluster.ts';
import { ApiError, badRequest } from '../errors.ts';
import type { ClusterStore } from '../storage/cluster-store.ts';
import { runExec } from '../streaming/exec.ts';
import { forwardPorts } from '../streaming/port-forward.ts';
import { asObject } from '../storage/json.ts';
import { liveObject } from './object-call.ts';
import { parseResourcePath } from './paths.ts';
import { containerOf } from './pods.ts';
import { refuseAttach, type Router } from './router.ts';

export interface UpgradeOptions {
  readonly router: Router;
  readonly nodeAgent: NodeAgent;
  readonly cluster: ClusterStore;
  readonly log: Log;
}

const EXEC_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io'];
const PORT_FORWARD = 'SPDY/3.1+portforward.k8s.io';
/** `ws` refuses the slash in the protocol's name, so that it sees this one. */
const PORT_FORWARD_ALIAS = 'spdy.portforward.k8s.io';

/** Serves the streaming subresources of pods (`exec`, `portforward`) over WebSockets. */
export function createUpgrades({ router, nodeAgent, log }: UpgradeOptions) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 16 * 1024 * 1024,
    handleProtocols(offered) {
      if (offered.has(PORT_FORWARD_ALIAS)) return PORT_FORWARD;
      return EXEC_PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false;
    },
  });

  function handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      const serve = prepare(request);
      const offered = request.headers['sec-websocket-protocol'];
      if (offered !== undefined) {
        request.headers['sec-websocket-protocol'] = offered.replaceAll(PORT_FORWARD, PORT_FORWARD_ALIAS);
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', (error) => {
          log.warn(`a stream to a pod broke: ${messageOf(error)}`);
        });
        serve(webSocket);
      });
    } catch (error) {
      refuse(socket, error);
    }
  }

  /** Checks everything that can be checked before the protocol changes. */
  function prepare(request: IncomingMessage): (webSocket: WebSocket) => void {
    const refusal = refuseForeign(request.headers);
    if (refusal !== undefined) throw new ApiError('Forbidden', refusal.reason);
    const call = router.open(request, new ServerResponse(request));
    const path = parseResourcePath(call.url.pathname);
    if (path?.group !== '' || path.resource !== 'pods' || path.name === undefined) throw nothingHere();
    router.authorize(call, path, 'create');
    const pod = liveObject(router.objectCall(call, { ...path, subresource: undefined }));
    const { namespace = '', name } = pod.metadata;
    switch (path.subresource) {
      case 'exec': {
        const command = call.url.searchParams.getAll('command');
        if (command.length === 0) throw badRequest('you must specify at least one command for the container');
        const container = containerOf(pod, call.query('container'));
        const streams = {
          stdin: call.flag('stdin'),
          stdout: call.flag('stdout'),
          stderr: call.flag('stderr'),
        };
        return (webSocket) => {
          void runExec(webSocket, () => nodeAgent.exec(namespace, name, { container, command }), streams);
        };
      }
      case 'portforward': {
        const { phase } = asObject(pod.status);
        if (phase !== 'Running') {
          throw badRequest(
            `unable to forward port because pod is not running. Current status=${String(phase)}`,
          );
        }
        return (webSocket) => {
          forwardPorts(webSocket, (port) => nodeAgent.connect(namespace, name, port));
        };
      }
      case 'attach':
        return refuseAttach();
      default:
        throw nothingHere();
    }
  }

  return {
    handle,
    close(): void {
      for (const webSocket of sockets.clients) webSocket.terminate();
      sockets.close();
    },
  };
}

function nothingHere(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource');
}

function refuse(socket: Duplex, error: unknown): void {
  const refusal = error instanceof ApiError ? error : new ApiError('InternalError', messageOf(error));
  const body = JSON.stringify(refusal.toStatus());
  socket.end(
    `HTTP/1.1 ${refusal.code} ${refusal.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
