/**
 * RFC 7118: The WebSocket Protocol as a Transport for SIP.
 * Takes WebSockets that speak `sip` at /sip on the HTTPS port: clients in browsers.
 */
import { sipFeature } from '../feature.ts';
import { SIP_SUBPROTOCOL } from '../transport/websocket.ts';

const PATH = '/sip';

export const webSocket = sipFeature({
  spec: 'RFC 7118',
  title: 'The WebSocket Protocol as a Transport for SIP',
  version: '',
  status: 'complete',
  setup(sip) {
    const { https, transports } = sip.edge;
    sip.onStop(
      https.onUpgrade(PATH, SIP_SUBPROTOCOL, (request, socket, head) => transports.upgrade(request, socket, head)),
    );
  },
});
