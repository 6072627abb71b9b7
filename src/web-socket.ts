/**
 * The one importer of `ws`: the client's class is the stream client's, the server's the simulated exchange's and that of the
 * live page on node:http. A `WebSocket` answers pings by itself, with a copy of their payload.
 */
export {type RawData, WebSocket, WebSocketServer} from 'ws';
