<%@ page contentType="application/json; charset=utf-8" session="false" trimDirectiveWhitespaces="true"
    import="java.net.URI,java.net.http.HttpClient,java.net.http.HttpRequest,java.net.http.HttpResponse,java.time.Duration,java.util.concurrent.ThreadLocalRandom" %>
<%!
  /** Asks the app for everything: passes the trace on, and leaves for the access log whom it asked and how long that took. */
  private static final String APP = System.getProperty("shop.app");
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(2)).build();

  private static String hex(int digits) {
    StringBuilder text = new StringBuilder();
    while (text.length() < digits) text.append(String.format("%016x", ThreadLocalRandom.current().nextLong()));
    return text.substring(0, digits);
  }
%>
<%
  if (request.getRequestURI().equals("/health")) {
    out.print("{\"ok\":true}");
    return;
  }
  String came = request.getHeader("traceparent");
  boolean isTraced = came != null && came.matches("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
  String trace = isTraced ? came.substring(3, 35) : hex(32);
  String span = hex(16);
  request.setAttribute("trace", trace);
  request.setAttribute("span", span);
  if (isTraced) request.setAttribute("parent", came.substring(36, 52));
  request.setAttribute("peer", URI.create(APP).getAuthority());
  long startedAt = System.nanoTime();
  try {
    HttpRequest.Builder ask = HttpRequest.newBuilder(URI.create(APP + request.getRequestURI()))
        .timeout(Duration.ofSeconds(8))
        .header("traceparent", "00-" + trace + "-" + span + "-01");
    boolean isPost = request.getMethod().equals("POST");
    ask = isPost ? ask.POST(HttpRequest.BodyPublishers.ofInputStream(() -> {
      try { return request.getInputStream(); } catch (java.io.IOException e) { throw new java.io.UncheckedIOException(e); }
    })) : ask.GET();
    HttpResponse<String> answer = CLIENT.send(ask.build(), HttpResponse.BodyHandlers.ofString());
    request.setAttribute("peerStatus", answer.statusCode());
    response.setStatus(answer.statusCode());
    out.print(answer.body());
  } catch (java.net.http.HttpTimeoutException e) {
    response.setStatus(504);
    out.print("{\"error\":\"the app did not answer in time\"}");
  } catch (java.io.IOException e) {
    response.setStatus(502);
    out.print("{\"error\":\"the app cannot be reached\"}");
  } finally {
    request.setAttribute("peerMs", String.format(java.util.Locale.ROOT, "%.1f", (System.nanoTime() - startedAt) / 1e6));
  }
%>
