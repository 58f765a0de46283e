/** What a browser is shown at the paths that no route of the API has: a port, which the room "console" implements. */
export interface Pages {
  /**
   * The answer to a request whose path none of the routes has, by GET or HEAD; undefined where it has no page for it either. Its headers stand as they
   * are; the API's own are added where it has none of the name.
   */
  answer(request: Request): Response | undefined;
}
