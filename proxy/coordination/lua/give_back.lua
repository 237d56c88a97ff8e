-- A call was never sent, or is waited for no longer.

for _, one in ipairs(budgets(1)) do
  redis.call('ZREM', one.calls, call)
  leave_queue(one)
end
