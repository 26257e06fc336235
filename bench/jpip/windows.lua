-- Windows of 512 x 512 anywhere in the picture, each request on its own: what wrk sends for `bench/jpip/run.ts`.
-- SIZE, TARGET and ROUTE come from the environment.
local size = tonumber(os.getenv("SIZE"))
local target = os.getenv("TARGET")
local route = os.getenv("ROUTE")

function setup(thread)
  counter = (counter or 0) + 1
  thread:set("seed", counter)
end

function init()
  math.randomseed(seed)
end

function request()
  local x = math.random(0, size - 512)
  local y = math.random(0, size - 512)
  return wrk.format("GET", string.format("%s?target=%s&fsiz=%d,%d&roff=%d,%d&rsiz=512,512&type=jpp-stream",
    route, target, size, size, x, y))
end
