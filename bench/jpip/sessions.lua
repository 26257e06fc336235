-- Sessions that zoom in from the whole picture and then pan, twenty windows each: what wrk sends for `bench/jpip/run.ts`.
-- One connection a thread, so that the channel of a response is that of the next request.
local size = tonumber(os.getenv("SIZE"))
local target = os.getenv("TARGET")
local route = os.getenv("ROUTE")

function setup(thread)
  counter = (counter or 0) + 1
  thread:set("seed", counter)
end

function init()
  math.randomseed(seed)
  step = 0
end

function request()
  local query
  if step == 0 or cid == nil then
    step = 0
    x = math.random(0, size - 512)
    y = math.random(0, size - 512)
    query = string.format("target=%s&cnew=http&type=jpp-stream&fsiz=512,512", target)
  elseif step < 5 then
    -- zoom in on the place
    local frame = math.floor(512 * 2 ^ math.min(step, math.log(size / 512) / math.log(2)))
    local fx = math.floor(x * frame / size)
    local fy = math.floor(y * frame / size)
    query = string.format("cid=%s&fsiz=%d,%d&roff=%d,%d&rsiz=512,512&type=jpp-stream", cid, frame, frame,
      math.min(fx, frame - 512), math.min(fy, frame - 512))
  else
    x = math.max(0, math.min(size - 512, x + math.random(-200, 200)))
    y = math.max(0, math.min(size - 512, y + math.random(-200, 200)))
    query = string.format("cid=%s&fsiz=%d,%d&roff=%d,%d&rsiz=512,512&type=jpp-stream", cid, size, size, x, y)
  end
  step = (step + 1) % 20
  return wrk.format("GET", route .. "?" .. query)
end

function response(status, headers)
  for name, value in pairs(headers) do
    if name:lower() == "jpip-cnew" then cid = value:match("cid=([^,]+)") end
  end
  if status ~= 200 then cid = nil end
end
