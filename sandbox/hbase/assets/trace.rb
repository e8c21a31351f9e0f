# Replaces trace.rb of the 2.4.17 shell where it runs on a 2.6 class path: the htrace classes it loads are gone there,
# and one command that fails to load stops the whole shell.
module Shell
  module Commands
    class Trace < Command
      def help
        'trace is not available in the sandbox'
      end

      def command(*_args)
        raise help
      end
    end
  end
end
