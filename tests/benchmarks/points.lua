-- Asks the paths of a file in turn: wrk ... -- FILE. Prints the sums as JSON when all is done.
local requests = {}
local next_request = 0

function init(args)
  for path in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary)
  local e = summary.errors
  io.write(string.format('{"requests": %d, "duration_us": %d, "errors": %d}\n', summary.requests,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
