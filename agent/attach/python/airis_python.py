"""What a Python program does, told to the AIRIS-MON agent on the same host by OTLP over HTTP.

    import airis_python
    app = airis_python.wsgi(app)                              # Flask: app.wsgi_app = airis_python.wsgi(app.wsgi_app)
    app = airis_python.asgi(app)                              # FastAPI, Starlette
    connection = airis_python.database(connection, 'postgresql')

Importing it starts it: garbage collections, memory, threads, and calls by http.client (urllib, requests) are told from
then on. Settings are those of OpenTelemetry: OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT (http://127.0.0.1:4318);
AIRIS_DISABLED=1 turns it off. Only the standard library is needed, Python 3.8 or newer.

It never breaks the program: what fails in here is counted and left out, a queue that is full drops, and while the agent
is away nothing waits for it. Do not use it beside an OpenTelemetry SDK, which tells the same.
"""

import atexit
import contextvars
import functools
import gc
import http.client
import json
import os
import socket
import sys
import threading
import time
import urllib.parse

MAX_SPANS = 2_000
EVERY_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
TIMEOUT_SECONDS = 2.0
MAX_TEXT = 2_000

INTERNAL, SERVER, CLIENT = 1, 2, 3

_here = contextvars.ContextVar('airis_span', default=None)
_own = threading.local()
_state = None


class _State:
    """Of one process: a fork has its own."""

    def __init__(self):
        url = urllib.parse.urlsplit(os.environ.get('OTEL_EXPORTER_OTLP_ENDPOINT') or 'http://127.0.0.1:4318')
        self.host = url.hostname or '127.0.0.1'
        self.port = url.port or 4318
        self.prefix = url.path.rstrip('/')
        self.started = time.time_ns()
        self.lock = threading.Lock()
        self.spans = []
        self.dropped = 0
        self.failed = 0
        # Written by a callback that may interrupt any line, also one that holds the lock: so without one.
        self.collections = [[0, 0, 0, 0.0] for _ in range(3)]
        self.collecting_since = 0.0
        self.wake = threading.Event()
        self.thread = threading.Thread(target=self.run, name='airis', daemon=True)

    def add(self, span):
        with self.lock:
            if len(self.spans) < MAX_SPANS:
                self.spans.append(span)
            else:
                self.dropped += 1

    def run(self):
        pause = EVERY_SECONDS
        while not self.wake.wait(pause):
            pause = EVERY_SECONDS if self.send() else min(pause * 2, LONGEST_PAUSE_SECONDS)

    def send(self):
        """Whether the agent took it. Spans that it did not take are gone: what comes next is worth more."""
        _own.is_sending = True
        try:
            with self.lock:
                spans, self.spans = self.spans, []
            scope = {'name': 'airis-python'}
            metrics = [_metric(*one) for one in self.metrics()]
            sent = self.post('/v1/metrics', {'resourceMetrics': [
                {'resource': _resource(), 'scopeMetrics': [{'scope': scope, 'metrics': metrics}]}]})
            if not spans:
                return sent
            taken = sent and self.post('/v1/traces', {'resourceSpans': [
                {'resource': _resource(), 'scopeSpans': [{'scope': scope, 'spans': spans}]}]})
            if not taken:
                self.dropped += len(spans)
            return taken
        except Exception:
            self.failed += 1
            return False
        finally:
            _own.is_sending = False

    def post(self, path, what):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request('POST', self.prefix + path, json.dumps(what), {'content-type': 'application/json'})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def metrics(self):
        """(name, unit, kind, [(value, attributes)])"""
        by_generation = [(one, {'cpython.gc.generation': i}) for i, one in enumerate(self.collections)]
        yield 'cpython.gc.collections', '{collection}', 'sum', [(one[0], at) for one, at in by_generation]
        yield 'cpython.gc.collected_objects', '{object}', 'sum', [(one[1], at) for one, at in by_generation]
        yield 'cpython.gc.uncollectable_objects', '{object}', 'sum', [(one[2], at) for one, at in by_generation]
        yield 'airis.python.gc.time', 's', 'sum', [(one[3], at) for one, at in by_generation]
        yield 'airis.python.cpu.time', 's', 'sum', [(time.process_time(), {})]
        yield 'airis.python.threads', '{thread}', 'gauge', [(threading.active_count(), {})]
        memory = _memory_bytes()
        if memory is not None:
            yield 'airis.python.memory.usage', 'By', 'gauge', [(memory, {})]
        yield 'airis.python.dropped_spans', '{span}', 'sum', [(self.dropped, {})]
        yield 'airis.python.failures', '{failure}', 'sum', [(self.failed, {})]

    def collected(self, phase, info):
        if phase == 'start':
            self.collecting_since = time.perf_counter()
            return
        of = self.collections[min(info.get('generation', 0), 2)]
        of[0] += 1
        of[1] += info.get('collected', 0)
        of[2] += info.get('uncollectable', 0)
        of[3] += time.perf_counter() - self.collecting_since


def _memory_bytes():
    try:
        with open('/proc/self/statm', 'rb') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except (OSError, ValueError, IndexError):
        return None


def _resource():
    said = {'process.pid': os.getpid(), 'telemetry.sdk.language': 'python'}
    name = os.environ.get('OTEL_SERVICE_NAME')
    if name:
        said['service.name'] = name
    return {'attributes': _attributes(said)}


def _attributes(said):
    return [{'key': key, 'value': _value(value)} for key, value in said.items() if value is not None]


def _value(value):
    if isinstance(value, bool):
        return {'boolValue': value}
    if isinstance(value, int):
        return {'intValue': str(value)}
    if isinstance(value, float):
        return {'doubleValue': value}
    return {'stringValue': str(value)[:MAX_TEXT]}


def _metric(name, unit, kind, values):
    points = [{'startTimeUnixNano': str(_state.started), 'timeUnixNano': str(time.time_ns()),
               'asDouble': float(value), 'attributes': _attributes(at)} for value, at in values]
    data = {'dataPoints': points}
    if kind == 'sum':
        data.update(aggregationTemporality=2, isMonotonic=True)
    return {'name': name, 'unit': unit, kind: data}


class _Span:
    """From its making to `end`; `within` makes it the parent of what is done in the meantime."""

    def __init__(self, kind, name, attributes, parent=None):
        trace, self.parent = parent or _here.get() or (os.urandom(16).hex(), '')
        self.ids = (trace, os.urandom(8).hex())
        self.kind, self.name, self.attributes = kind, name, attributes
        self.start, self.clock = time.time_ns(), time.perf_counter_ns()
        self.is_ended = False

    def end(self, is_error=False):
        if self.is_ended:
            return
        self.is_ended = True
        _state.add({
            'traceId': self.ids[0], 'spanId': self.ids[1], 'parentSpanId': self.parent,
            'name': self.name[:200], 'kind': self.kind,
            'startTimeUnixNano': str(self.start),
            'endTimeUnixNano': str(self.start + time.perf_counter_ns() - self.clock),
            'attributes': _attributes(self.attributes),
            'status': {'code': 2} if is_error else {},
        })


def _is_on():
    return _state is not None and not getattr(_own, 'is_sending', False)


def _quietly(work):
    """What is done for the sake of measuring must not be seen in the program."""
    @functools.wraps(work)
    def safe(*args, **named):
        try:
            return work(*args, **named)
        except Exception:
            if _state is not None:
                _state.failed += 1
            return None
    return safe


def _caller(header):
    parts = (header or '').split('-')
    is_good = len(parts) >= 4 and len(parts[1]) == 32 and len(parts[2]) == 16
    if not is_good or set(parts[1] + parts[2]) - set('0123456789abcdef'):
        return None
    return (parts[1], parts[2])


@_quietly
def _begin_request(method, path, traceparent):
    return _Span(SERVER, method, {'http.request.method': method, 'url.path': path}, _caller(traceparent))


@_quietly
def _end_request(span, status, route, is_error):
    if status:
        span.attributes['http.response.status_code'] = status
    if route:
        span.attributes['http.route'] = route
    span.end(is_error or status >= 500)


def wsgi(app):
    """Times every request of a WSGI application, until its answer is closed."""
    def measured(environ, start_response):
        span = _begin_request(environ.get('REQUEST_METHOD', '?'), environ.get('PATH_INFO') or '/',
                              environ.get('HTTP_TRACEPARENT')) if _is_on() else None
        if span is None:
            return app(environ, start_response)
        seen = [0, None]

        def start(status, *rest, **named):
            # Flask forgets what it matched before its answer is closed.
            seen[1] = _wsgi_route(environ)
            try:
                seen[0] = int(status[:3])
            except (ValueError, TypeError):
                pass
            return start_response(status, *rest, **named)

        before = _here.set(span.ids)
        try:
            answer = app(environ, start)
        except BaseException:
            _end_request(span, seen[0] or 500, seen[1] or _wsgi_route(environ), True)
            raise
        finally:
            _here.reset(before)
        kind = _SizedAnswer if hasattr(answer, '__len__') else _Answer
        return kind(answer, span, seen)
    return measured


class _Answer:
    """An iterable that tells when it is closed; what it makes while it is read belongs to the request too."""

    def __init__(self, answer, span, seen):
        self._answer, self._span, self._seen = answer, span, seen
        self._parts = None

    def __iter__(self):
        return self

    def __next__(self):
        before = _here.set(self._span.ids)
        try:
            if self._parts is None:
                self._parts = iter(self._answer)
            return next(self._parts)
        except StopIteration:
            raise
        except BaseException:
            self._end(True)
            raise
        finally:
            _here.reset(before)

    def close(self):
        try:
            if hasattr(self._answer, 'close'):
                self._answer.close()
        finally:
            self._end(False)

    def _end(self, is_error):
        _end_request(self._span, self._seen[0], self._seen[1], is_error)


class _SizedAnswer(_Answer):
    """Servers derive content-length from an answer of one part."""

    def __len__(self):
        return len(self._answer)


@_quietly
def _wsgi_route(environ):
    rule = getattr(environ.get('werkzeug.request'), 'url_rule', None) or environ.get('bottle.route')
    said = getattr(rule, 'rule', None)
    return said if isinstance(said, str) else None


def asgi(app):
    """Times every HTTP request of an ASGI application."""
    async def measured(scope, receive, send):
        span = None
        if scope.get('type') == 'http' and _is_on():
            headers = {bytes(key).lower(): value for key, value in scope.get('headers') or ()}
            said = headers.get(b'traceparent', b'').decode('latin-1')
            span = _begin_request(scope.get('method', '?'), scope.get('path') or '/', said)
        if span is None:
            return await app(scope, receive, send)
        seen = [0]

        async def tell(message):
            if message.get('type') == 'http.response.start':
                seen[0] = message.get('status', 0)
            await send(message)

        before = _here.set(span.ids)
        has_failed = True
        try:
            answer = await app(scope, receive, tell)
            has_failed = False
            return answer
        finally:
            _here.reset(before)
            route = getattr(scope.get('route'), 'path', None)
            _end_request(span, seen[0] or (500 if has_failed else 0), route, has_failed)
    return measured


def database(connection, system, address=None, port=None):
    """The connection, with its statements timed; `system` is postgresql, mysql, sqlite … as OpenTelemetry has them.

    Where the driver tells whom it is connected to (psycopg, PyMySQL), address and port need not be given.
    """
    attributes = {'db.system.name': system}
    attributes.update(_database_peer(connection, address, port) or {})
    return _Timed(connection, attributes)


@_quietly
def _database_peer(connection, address, port):
    info = getattr(connection, 'info', None)
    host = address or getattr(info, 'host', None) or getattr(connection, 'host', None)
    number = port or getattr(info, 'port', None) or getattr(connection, 'port', None)
    if not isinstance(host, str) or not host or host.startswith('/') or not number:
        return {}
    return {'server.address': host, 'network.peer.address': socket.gethostbyname(host),
            'server.port': int(number), 'network.peer.port': int(number)}


class _Timed:
    """A connection or cursor of DB-API: all of it is passed on, and statements are timed."""

    def __init__(self, inner, attributes):
        object.__setattr__(self, '_airis', (inner, attributes))

    def __getattr__(self, name):
        inner, attributes = self._airis
        value = getattr(inner, name)
        if name == 'cursor':
            return lambda *args, **named: _Timed(value(*args, **named), attributes)
        if name in ('execute', 'executemany', 'callproc'):
            return lambda *args, **named: self._run(value, *args, **named)
        return value

    def _run(self, execute, *args, **named):
        inner, attributes = self._airis
        span = _begin_statement(attributes, args[0] if args else '') if _is_on() else None
        is_error = True
        try:
            answer = execute(*args, **named)
            is_error = False
        finally:
            if span is not None:
                span.end(is_error)
        # DB-API lets `execute` give the cursor back; of a connection (sqlite3) it gives a new one.
        if answer is inner:
            return self
        return _Timed(answer, attributes) if hasattr(answer, 'fetchall') else answer

    def __setattr__(self, name, value):
        setattr(self._airis[0], name, value)

    def __enter__(self):
        entered = self._airis[0].__enter__()
        return self if entered is self._airis[0] else _Timed(entered, self._airis[1])

    def __exit__(self, *of):
        return self._airis[0].__exit__(*of)

    def __iter__(self):
        return iter(self._airis[0])


@_quietly
def _begin_statement(attributes, statement):
    text = statement if isinstance(statement, str) else ''
    return _Span(CLIENT, text.split(' ', 1)[0] or 'statement', {**attributes, 'db.query.text': text})


def _watch_http_client():
    connection = http.client.HTTPConnection
    put_request, end_headers, get_response = connection.putrequest, connection.endheaders, connection.getresponse

    def putrequest(self, method, url, *args, **named):
        self._airis_span = _Span(CLIENT, method, {
            'http.request.method': method, 'server.address': self.host, 'server.port': self.port}) if _is_on() else None
        return put_request(self, method, url, *args, **named)

    def endheaders(self, *args, **named):
        span = getattr(self, '_airis_span', None)
        if span is None:
            return end_headers(self, *args, **named)
        _put_traceparent(self, span)
        try:
            answer = end_headers(self, *args, **named)
        except BaseException:
            span.end(True)
            raise
        _note_peer(self, span)
        return answer

    def getresponse(self, *args, **named):
        span = getattr(self, '_airis_span', None)
        if span is None:
            return get_response(self, *args, **named)
        try:
            answer = get_response(self, *args, **named)
        except BaseException:
            span.end(True)
            raise
        span.attributes['http.response.status_code'] = answer.status
        span.end(answer.status >= 400)
        return answer

    connection.putrequest, connection.endheaders, connection.getresponse = putrequest, endheaders, getresponse


@_quietly
def _put_traceparent(connection, span):
    if not any(line.lower().startswith(b'traceparent:') for line in getattr(connection, '_buffer', ())):
        connection.putheader('traceparent', '00-%s-%s-01' % span.ids)


@_quietly
def _note_peer(connection, span):
    peer = connection.sock.getpeername() if connection.sock is not None else None
    if isinstance(peer, tuple):
        span.attributes['network.peer.address'], span.attributes['network.peer.port'] = peer[0], peer[1]


@_quietly
def _collected(phase, info):
    # Of the moment: a fork has a state of its own, and at the very end there is none.
    if _state is not None:
        _state.collected(phase, info)


def _begin():
    global _state
    _state = _State()
    _state.thread.start()


@_quietly
def _begin_in_child():
    _own.is_sending = False
    _begin()


def _end():
    """The last seconds; an agent that is away holds the end up for as long as one try takes."""
    if _state is None:
        return
    _state.wake.set()
    if _state.thread is not threading.current_thread():
        _state.thread.join(TIMEOUT_SECONDS)
    _state.send()


def _start():
    if os.environ.get('AIRIS_DISABLED') == '1':
        return
    _begin()
    gc.callbacks.append(_collected)
    _watch_http_client()
    if hasattr(os, 'register_at_fork'):
        os.register_at_fork(after_in_child=_begin_in_child)
    atexit.register(_end)


try:
    _start()
except Exception as problem:  # The program goes on without being watched.
    _state = None
    print('airis_python: not started: %s' % problem, file=sys.stderr)
