-- The provider refuses calls of these scopes for a time. ARGV after the call, which is of no meaning here: how long.

local pause = tonumber(ARGV[3])
for _, one in ipairs(budgets(3)) do
  if now + pause > one.paused_until then
    redis.call('HSET', one.facts, 'paused_until', text(now + pause))
    live(one.facts, pause)
  end
end
return { number }
